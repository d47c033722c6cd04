// What Voilà calls in place of MathJax: there is no mathematics here, and nothing to fetch.
window.MathJax = { Hub: { Config() {}, Configured() {}, Queue() {}, Register: { StartupHook() {} } } };
