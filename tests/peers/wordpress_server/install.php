<?php
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = $argv[2]; $_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
require $argv[1] . '/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';
$made = wp_install('Le blog du voisin', 'admin', 'voisin@example.test', true, '', 'admin-pw', 'fr_FR');
[$password] = WP_Application_Passwords::create_new_application_password($made['user_id'], ['name' => 'tests']);
update_option('default_pingback_flag', 1);
update_option('permalink_structure', '/%postname%/');
flush_rewrite_rules();
file_put_contents(dirname($argv[1]) . '/app-password', $password);
