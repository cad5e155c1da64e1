/**
 * What a person does over HTTP: the commands of the command line, one class each. Begin with {@link io.trueup.ops.action.Actions}, which
 * has the table of paths.
 */
package io.trueup.ops.action;
