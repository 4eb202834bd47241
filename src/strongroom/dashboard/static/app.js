// What pages do beyond forms. Every page works without it, but for dialogs and copying.
import { watchCopying } from "./copy.js";
import { watchDialogs } from "./dialogs.js";
import { watchMenu } from "./menu.js";
import { watchPending, watchRows } from "./rows.js";

document.documentElement.dataset.js = "";
watchMenu();
watchDialogs();
watchCopying();
watchRows();
watchPending();
