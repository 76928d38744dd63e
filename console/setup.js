// Sends the password with the secret that the link carries behind its #, which
// browsers never send by themselves.
const form = document.getElementById("setup");
const said = document.getElementById("said");
const words = form.dataset;

function say(text, bad) {
  said.textContent = text;
  said.className = bad ? "bad" : "";
}

const token = decodeURIComponent(location.hash.slice(1));
if (!token) {
  say(words.nolink, true);
  form.querySelector("button").disabled = true;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = form.password.value;
  if (password !== document.getElementById("again").value) {
    say(words.differ, true);
    return;
  }
  const button = form.querySelector("button");
  button.disabled = true;
  say("", false);
  try {
    const answer = await fetch("/api/v1/setup", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token, name: form.elements.name.value, password }),
    });
    if (answer.ok) {
      history.replaceState(null, "", "/setup");
      form.hidden = true;
      form.after(said);
      say(words.done, false);
      document.getElementById("after").hidden = false;
      return;
    }
    const problem = await answer.json().catch(() => ({}));
    const hint = problem.hint && problem.hint[words.lang];
    say(answer.status === 401 ? words.stale : words.failed + (hint || problem.detail || answer.status), true);
  } catch (error) {
    say(words.failed + error.message, true);
  }
  button.disabled = false;
});
