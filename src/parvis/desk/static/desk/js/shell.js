// Installs the shell that lets the counter page open without a network.
const worker = document.querySelector('link[rel="manifest"]') && "serviceWorker" in navigator;
if (worker) navigator.serviceWorker.register("/sw.js").catch(() => {});
