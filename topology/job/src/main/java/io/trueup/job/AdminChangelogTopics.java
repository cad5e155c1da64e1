package io.trueup.job;

import io.trueup.state.ChangelogTopics;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.errors.StreamsException;

/**
 * Asks the brokers which changelog topic of one replica there is. A broker that has not heard of a topic yet does not count: only if
 * all answers for some seconds say so, there is none. Thread-safe.
 */
final class AdminChangelogTopics implements ChangelogTopics {

    private static final long BELIEVED_AFTER_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long ASK_AGAIN_MS = 200;

    private final Admin admin;

    /** When the topic was first unknown, if it is unknown since. */
    private Long unknownSinceNanos;

    AdminChangelogTopics(Admin admin) {
        this.admin = admin;
    }

    @Override
    public synchronized Uuid id(String topic) {
        try {
            while (true) {
                Uuid id = ask(topic);
                if (id != null) {
                    unknownSinceNanos = null;
                    return id;
                }
                long nowNanos = System.nanoTime();
                if (unknownSinceNanos == null) {
                    unknownSinceNanos = nowNanos;
                }
                if (nowNanos - unknownSinceNanos > BELIEVED_AFTER_NANOS) {
                    return null;
                }
                Thread.sleep(ASK_AGAIN_MS);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private Uuid ask(String topic) throws InterruptedException {
        try {
            return admin.describeTopics(List.of(topic))
                    .topicNameValues()
                    .get(topic)
                    .get()
                    .topicId();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return null;
            }
            throw new StreamsException(
                    "the brokers cannot be asked which changelog topic " + topic
                            + " is: without that it is not known whether local state belongs to it",
                    e.getCause());
        }
    }
}
