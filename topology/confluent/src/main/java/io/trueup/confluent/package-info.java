/**
 * Confluent's own client of a schema registry, behind one class that needs nothing else. {@link io.trueup.confluent.ConfluentClient} alone
 * knows the names under which the client's classes are in this jar.
 */
package io.trueup.confluent;
