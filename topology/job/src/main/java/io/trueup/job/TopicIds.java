package io.trueup.job;

import io.trueup.failure.RateLimitedLog;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks whether topics are still those that the job has checked: a topic that is deleted, or deleted and created again under the
 * same name, has offsets that mean nothing to the state built from it. Warns at once, and has the topics checked. Thread-safe.
 */
final class TopicIds {

    private static final Logger LOG = LoggerFactory.getLogger(TopicIds.class);

    private static final int TIMEOUT_MS = 15_000;

    private final Admin admin;
    private final Function<String, Uuid> checked;
    private final Runnable suspicion;
    private final RateLimitedLog unknown = new RateLimitedLog(LOG);
    private final RateLimitedLog denied = new RateLimitedLog(LOG);
    private final RateLimitedLog createdAgain = new RateLimitedLog(LOG);

    /**
     * @param checked the id of a topic when it was checked; null if it has not been
     * @param suspicion runs when a topic seems to have changed, perhaps often; must not block
     */
    TopicIds(Admin admin, Function<String, Uuid> checked, Runnable suspicion) {
        this.admin = admin;
        this.checked = checked;
        this.suspicion = suspicion;
    }

    /** Asks for some topics. The result of a topic fails where it is not certain that it is still the same. */
    Map<String, CompletionStage<Void>> confirm(Collection<String> topics) {
        return admin
                .describeTopics(topics, new DescribeTopicsOptions().timeoutMs(TIMEOUT_MS))
                .topicNameValues()
                .entrySet()
                .stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        asked -> asked.getValue()
                                .toCompletionStage()
                                .handle((found, failure) -> verify(asked.getKey(), found, failure))));
    }

    private Void verify(String topic, TopicDescription found, Throwable failure) {
        if (failure != null) {
            Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
            if (cause instanceof UnknownTopicOrPartitionException) {
                unknown.warn("The brokers do not know writes topic " + topic
                        + " any more: it was deleted, or one of them has not heard of it yet. No round is compared until it is"
                        + " found again; if it stays unknown, the job ends and says what to do");
                suspicion.run();
            }
            if (cause instanceof AuthorizationException) {
                denied.warn("The brokers deny this process to describe writes topic " + topic
                        + ". No round is compared; if it stays so, the job ends and says what to do");
                suspicion.run();
            }
            throw new CompletionException(cause);
        }
        Uuid before = checked.apply(topic);
        if (before != null && !before.equals(found.topicId())) {
            createdAgain.warn("Writes topic " + topic + " was created again while the job ran: it had id " + before
                    + " and now has "
                    + found.topicId()
                    + ". Nothing that the state contains is in it, so no round is compared. The job ends and"
                    + " says what to do");
            suspicion.run();
            throw new InvalidTopicException("topic " + topic + " was created again");
        }
        return null;
    }
}
