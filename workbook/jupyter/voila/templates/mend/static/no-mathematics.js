// What Voilà calls in place of MathJax: there is no mathematics here, and nothing to fetch.
/** @type {Window & {MathJax?: object}} */ (window).MathJax = { Hub: { Config() {}, Configured() {}, Queue() {}, Register: { StartupHook() {} } } };
