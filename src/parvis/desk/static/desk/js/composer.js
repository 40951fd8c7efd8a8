// The composer: counts as the network counts, keeps the words on the server at each change and here when there is no network.
const ADDRESS = /https?:\/\/\S+/g;
const segmenter = new Intl.Segmenter(document.documentElement.lang, { granularity: "grapheme" });

const count = (text, unit) => (unit === "grapheme" ? [...segmenter.segment(text)].length : [...text].length);

class Composer extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    this.form = this.querySelector("form");
    this.counter = this.querySelector("[data-count]");
    this.kept = this.querySelector("[data-kept]");
    this.store = `draft-${this.dataset.keyDraft}`;
    const here = localStorage.getItem(this.store);
    if (here !== null && !this.area.value.trim()) this.area.value = here;
    this.area.addEventListener("input", () => this.changed());
    this.area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
    this.form.addEventListener("submit", (event) => {
      clearTimeout(this.timer);
      if (this.sending) return event.preventDefault();
      this.sending = true;
      localStorage.setItem(this.store, this.area.value);
      sessionStorage.setItem("sending", this.store);
    });
    addEventListener("pagehide", () => this.timer && this.save(true));
    addEventListener("pageshow", () => (this.sending = false));
    for (const start of this.querySelectorAll("[data-start]")) {
      start.addEventListener("click", () => this.put(start.dataset.start));
    }
    this.show();
  }

  put(text) {
    this.area.value = text;
    this.area.focus();
    this.changed();
  }

  changed() {
    this.show();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(false), 500);
  }

  show() {
    const { max, unit, bytes, url, tail } = this.dataset;
    if (!max) return;
    let text = this.area.value.trim();
    if (tail && !text.endsWith(tail)) text = `${text}\n${tail}`;
    const size = new TextEncoder().encode(text).length;
    const counted = url ? text.replace(ADDRESS, "x".repeat(Number(url))) : text;
    const length = count(counted, unit);
    this.counter.textContent = `${length} / ${max}`;
    this.counter.classList.toggle("over", length > Number(max) || Boolean(bytes && size > Number(bytes)));
  }

  async save(leaving) {
    this.timer = 0;
    const body = new FormData(this.form);
    localStorage.setItem(this.store, this.area.value);
    try {
      const answer = await fetch(this.dataset.draft, { method: "POST", body, keepalive: leaving });
      if (answer.ok) localStorage.removeItem(this.store);
      this.kept.textContent = answer.ok ? this.dataset.kept ?? "" : this.dataset.keptHere ?? "";
    } catch {
      this.kept.textContent = this.dataset.keptHere ?? "";
    }
  }
}

customElements.define("parvis-composer", Composer);
