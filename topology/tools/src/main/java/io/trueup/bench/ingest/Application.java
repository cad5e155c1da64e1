package io.trueup.bench.ingest;

import java.util.Optional;

/** A Kafka Streams application that is measured. Its client id is its application id, which is its consumer group, too. */
interface Application extends AutoCloseable {

    String applicationId();

    void start();

    /** Why it has stopped by itself; empty as long as it has not. */
    Optional<String> failure();

    /** Stops it, and waits for that. */
    @Override
    void close();
}
