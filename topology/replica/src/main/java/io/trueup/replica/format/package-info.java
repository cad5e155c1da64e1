/** Record formats: reads the feed and repair events, writes write events, progress events and scans. */
package io.trueup.replica.format;
