// Commands are searched for as they stand. Material's search takes `-`, `+`, `:`, `~`, `^` and `*` for operators, so that
// `--replicas` would ask for pages without that word; they are put aside, as are all marks that part the words of a page
// (`separator` in mkdocs.yml). The field keeps what was typed.
(() => {
  const MARKS = /[\s\-_,:;=!?/\\()[\]<>"'`|{}$%@#&*+~^]+|\.(?!\d)/g;
  const QUERY = 2; // the kind of message by which Material asks
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...rest) {
    const asks = message?.type === QUERY && typeof message.data === "string";
    const plain = asks ? { ...message, data: message.data.replace(MARKS, " ").trim() } : message;
    return postMessage.call(this, plain, ...rest);
  };
})();
