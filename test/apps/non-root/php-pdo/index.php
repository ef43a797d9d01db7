<?php
$db = new PDO('sqlite:' . __DIR__ . '/data/visits.sqlite');
$db->exec('CREATE TABLE IF NOT EXISTS visits (path TEXT)');
$db->prepare('INSERT INTO visits VALUES (?)')->execute([$_SERVER['REQUEST_URI']]);
echo 'hello ' . $db->query('SELECT count(*) FROM visits')->fetchColumn() . "\n";
