document.getElementById("verify").addEventListener("change", () => fetch("/cdn-cgi/challenge-platform/verify", { method: "POST" }));
