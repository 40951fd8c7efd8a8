<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH); $file = __DIR__ . '/www' . $path;
if ($path !== '/' && is_file($file)) {
  if (substr($file, -4) !== '.php') { return false; }
  $_SERVER['SCRIPT_NAME'] = $path; chdir(dirname($file)); require $file; return true;
}
$_SERVER['SCRIPT_NAME'] = '/index.php'; chdir(__DIR__ . '/www'); require __DIR__ . '/www/index.php';
