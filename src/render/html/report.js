"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const search = document.getElementById("search");
  const none = document.getElementById("none");
  const results = all(".result");

  // The filters work by themselves; here the headings of empty sections go, too.
  const look = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const result of results) {
      const text = words.length ? result.textContent.toLowerCase() : "";
      result.classList.toggle("gone", !words.every((word) => text.includes(word)));
    }
    const shown = (one) => getComputedStyle(one).display !== "none";
    let any = false;
    for (const category of all(".category")) {
      category.classList.remove("gone");
      const some = shown(category) && [...category.querySelectorAll(".result")].some(shown);
      category.classList.toggle("gone", !some);
      any = any || some;
    }
    none.hidden = any;
  };
  search.hidden = false;
  search.addEventListener("input", look);
  document.addEventListener("change", look);
  look();

  // A link leads to what is shown.
  const open = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", open);
  open();

  const copied = async (text, pre) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(pre);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return document.execCommand("copy");
    }
  };
  for (const button of all(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const pre = button.parentElement.querySelector("pre");
      const done = await copied(pre.textContent, pre);
      button.textContent = done ? "Copied" : "Press Ctrl+C";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
  }

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = results.filter((one) => !one.open);
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
