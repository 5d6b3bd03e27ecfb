-- licence
/* x
 */
--migrate:up

SELECT 1;
