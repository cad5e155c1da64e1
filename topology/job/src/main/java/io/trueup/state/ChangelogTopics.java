package io.trueup.state;

import org.apache.kafka.common.Uuid;

/**
 * The changelog topics that the brokers have. An offset in a changelog means nothing in another one of the same name: local state is
 * used only with the topic that it was written for. Thread-safe.
 */
@FunctionalInterface
public interface ChangelogTopics {

    /**
     * Returns the id of a topic; null if there is none with this name.
     *
     * @throws org.apache.kafka.streams.errors.StreamsException if the brokers cannot be asked
     */
    Uuid id(String topic);
}
