-- migrate:parent 0001_a 0123456789ab
-- migrate:checksum xxh3:0123456789abcdef0123456789abcdef

-- migrate:up transaction:false dialect:mysql
SELECT 1;

-- migrate:down
SELECT 2;
