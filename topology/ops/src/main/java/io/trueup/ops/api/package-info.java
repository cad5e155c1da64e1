/**
 * The JSON interface: the status of the dataset, its partitions and its rounds. {@code openapi.json} describes it; a test compares the
 * description with what is answered.
 */
package io.trueup.ops.api;
