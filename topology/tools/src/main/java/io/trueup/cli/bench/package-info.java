/** {@code trueup bench}: options, and the output as text and JSON. What is measured is in {@code io.trueup.bench}. */
package io.trueup.cli.bench;
