-- A row's seal is the BLAKE3 of its other fields: a field that is not what was
-- stored is told on reading. It is no signature: who may write the file may
-- write a seal as well.
ALTER TABLE runs ADD COLUMN seal TEXT;
ALTER TABLE outflows ADD COLUMN seal TEXT;
