<?php
$folder = __DIR__ . '/../var/uploads';
if (!is_dir($folder)) {
    mkdir($folder, 0755, true);
}
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    if (file_put_contents($folder . '/' . basename($_SERVER['REQUEST_URI']), file_get_contents('php://input')) === false) {
        http_response_code(500);
        exit;
    }
}
echo 'hello ' . implode(',', array_diff(scandir($folder), ['.', '..'])) . "\n";
