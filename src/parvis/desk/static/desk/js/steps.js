// A long form, one step at a time. Without this script, or when something is to be mended, all of it shows at once.
class Steps extends HTMLElement {
  connectedCallback() {
    this.steps = [...this.querySelectorAll("[data-step]")];
    this.form = this.closest("form");
    this.button = document.querySelector(`button[form="${this.form.id}"]`);
    this.bar = this.querySelector("progress");
    if (this.hasAttribute("open-all")) return;
    this.bar.hidden = false;
    this.form.addEventListener("submit", (event) => this.pass(event));
    this.go(0);
  }

  go(at) {
    this.at = at;
    this.steps.forEach((step, place) => (step.hidden = place !== at));
    this.bar.value = at + 1;
    const { nextWords, lastWords } = this.button.dataset;
    this.button.textContent = at === this.steps.length - 1 ? lastWords : nextWords;
    this.steps[at].querySelector("input, textarea")?.focus();
  }

  pass(event) {
    const wrong = [...this.steps[this.at].querySelectorAll("input, textarea")].find((field) => !field.reportValidity());
    if (!wrong && this.at === this.steps.length - 1) return;
    event.preventDefault();
    if (!wrong) this.go(this.at + 1);
  }
}

customElements.define("parvis-steps", Steps);
