/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
LOCK TABLES `t` WRITE;
/*!40000 ALTER TABLE `t` DISABLE KEYS */;
INSERT INTO `t` VALUES (1,'a\'b;',"c;""d",NULL),(2,'\\',_binary 'x;',\N); # ;
/*!40000 ALTER TABLE `t` ENABLE KEYS */;
UNLOCK TABLES;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER tr BEFORE INSERT ON t FOR EACH ROW BEGIN
  SET NEW.a = ';;';
END */;;
delimiter $$
DROP PROCEDURE IF EXISTS p;
CREATE PROCEDURE p() BEGIN SELECT 1; SELECT '$$'; END$$
CREATE PROCEDURE q() SELECT 1; $$
DELIMITER ;
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
--------------------
--no blank; it's a comment
SELECT 1 --2
;
