/**
 * What operators and their tools ask a running job over HTTP. Begin with {@link io.trueup.ops.Operations}, which has the table of
 * paths.
 */
package io.trueup.ops;
