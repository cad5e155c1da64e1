/** The data of the demo: records read from a file or the sample, the feed topic, and the comparison of tables with the feed. */
package io.trueup.demo.feed;
