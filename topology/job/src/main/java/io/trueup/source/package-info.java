/** How write events come out of a replica's writes topic: one format per kind of datastore. */
package io.trueup.source;
