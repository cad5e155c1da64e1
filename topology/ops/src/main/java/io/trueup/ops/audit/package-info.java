/** Audits that a person starts over HTTP: one at a time, within bounds, with their progress and their reports. */
package io.trueup.ops.audit;
