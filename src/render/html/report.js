"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const search = document.getElementById("search");
  const none = document.getElementById("none");
  const results = all(".result");

  // The filters work by themselves; here the headings of empty sections go, too. What is shown follows from the ticks: asking the
  // browser for the style of each result would make it work the page out anew for each.
  const ticks = all(".tick input");
  const categories = all(".category").map((category) => ({
    category,
    results: [...category.querySelectorAll(".result")],
  }));
  let before = "";
  const look = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const off = ticks.filter((tick) => tick.type === "checkbox" && !tick.checked);
    const hidden = new Set(off.map((tick) => tick.id));
    const standard = ticks.find((tick) => tick.type === "radio" && tick.checked)?.id ?? "k-any";
    const visible = (one) => ![...one.classList].some((name) => hidden.has(name));
    const answers = (one) => standard === "k-any" || one.classList.contains(standard);
    if (words.join(" ") !== before) {
      before = words.join(" ");
      for (const result of results) {
        const text = words.length ? result.textContent.toLowerCase() : "";
        result.classList.toggle("gone", !words.every((word) => text.includes(word)));
      }
    }
    let any = false;
    for (const { category, results } of categories) {
      const some = visible(category)
        && results.some((one) => !one.classList.contains("gone") && visible(one) && answers(one));
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
