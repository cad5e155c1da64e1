/** The terminal of the demo: progress that is redrawn in place, and the format of figures. */
package io.trueup.demo.console;
