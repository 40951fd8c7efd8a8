// A thing that can be taken back for some seconds: counts down, then goes.
class Undo extends HTMLElement {
  connectedCallback() {
    this.left = Number(this.getAttribute("seconds"));
    if (this.left) {
      this.show();
      this.timer = setInterval(() => this.tick(), 1000);
    }
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  tick() {
    if (this.matches(":focus-within") && !this.querySelector("[data-left]")) return;
    this.left -= 1;
    if (this.left > 0) this.show();
    else this.remove();
  }

  show() {
    const place = this.querySelector("[data-left]");
    if (place) place.textContent = `(${this.left})`;
  }
}

customElements.define("parvis-undo", Undo);

// The words just pressed stay in this browser until a page shows that the server has them.
const sending = sessionStorage.getItem("sending");
if (sending && document.querySelector("#toasts [data-left]")) {
  localStorage.removeItem(sending);
  sessionStorage.removeItem("sending");
}
