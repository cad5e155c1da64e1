/**
 * The library for datastores with code of their own: {@link io.trueup.datastore.WriteEventProducer} sends what the datastore holds,
 * {@link io.trueup.datastore.RepairConsumer} applies repairs to a {@link io.trueup.datastore.Datastore}.
 */
package io.trueup.datastore;
