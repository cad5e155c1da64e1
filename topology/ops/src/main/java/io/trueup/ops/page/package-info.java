/**
 * The web page: the status of the dataset for a person. It asks the JSON interface of the same process and nothing else; its files are
 * resources, and no step builds them.
 */
package io.trueup.ops.page;
