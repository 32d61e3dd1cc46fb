// A content script cannot be a module, but it can import one.
import(chrome.runtime.getURL('page/main.js'))
