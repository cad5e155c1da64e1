/**
 * What the topics of a dataset say about one key: what each replica holds, which entry wins and why, and what has happened to the key. It
 * only reads, without a group, and within bounds. Begin with {@link io.trueup.ops.key.KeyReader}, which reads, and {@link
 * io.trueup.ops.key.KeyView}, which is what was found.
 */
package io.trueup.ops.key;
