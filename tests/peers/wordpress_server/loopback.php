<?php
// WordPress refuses loopback and odd ports; here it may reach them, and nothing else.
add_filter('http_request_host_is_external', '__return_true');
add_filter('http_allowed_safe_ports', fn($ports) => array_merge($ports, range(1024, 65535)));
add_filter('pre_http_request', function ($before, $arguments, $url) {
  $host = (string) parse_url($url, PHP_URL_HOST);
  return preg_match('/^(127\.\d+\.\d+\.\d+|localhost)$/', $host) ? $before : new WP_Error('blocked', $url);
}, 10, 3);
add_filter('pre_wp_mail', '__return_true');
add_filter('wp_is_application_passwords_available', '__return_true');
