package io.trueup.job;

import io.trueup.config.Keys;
import io.trueup.config.Similar;
import io.trueup.provision.NeededTopics;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/** Says which topics are missing, and what to do about each. Blocks while it looks for topics with similar names. */
final class MissingTopics {

    private final NeededTopics needed;
    private final Admin admin;

    MissingTopics(NeededTopics needed, Admin admin) {
        this.needed = needed;
        this.admin = admin;
    }

    /** The message about topics that the job could create. */
    String others(Set<String> missing, int partitions) {
        return "These topics do not exist: " + String.join(", ", missing)
                + ". Set topics.create=true, so that the job creates them, run `trueup topics --create`, or create them"
                + " yourself:\n"
                + commands(missing, partitions);
    }

    /** The message about writes topics, which the job never creates. */
    String writes(Set<String> missing, int partitions) {
        Collection<String> candidates = unusedTopics();
        String each = missing.stream()
                .map(topic -> missingWrites(topic)
                        + Similar.to(topic, candidates)
                                .map(similar -> "; did you mean " + similar + "?")
                                .orElse("."))
                .collect(Collectors.joining("\n"));
        return each
                + "\nCorrect the name, or create the topic. The job creates no writes topic, whatever topics.create says: a"
                + " new topic is empty, and its replica would be filled as if it had lost everything:\n"
                + commands(missing, partitions);
    }

    private String missingWrites(String topic) {
        String replica = needed.replicaOf(topic);
        return "There is no topic " + topic + ", which " + Keys.replica(replica, Keys.WRITES_TOPIC)
                + " names as the writes topic of replica " + replica;
    }

    private String commands(Set<String> topics, int partitions) {
        return topics.stream()
                .map(topic -> "  " + needed.createCommand(topic, partitions))
                .collect(Collectors.joining("\n"));
    }

    /** Topics of the cluster that have no purpose in the configuration; none if they cannot be listed. */
    private Collection<String> unusedTopics() {
        Set<String> topics;
        try {
            topics = admin.listTopics().names().get();
        } catch (ExecutionException e) {
            return List.of(); // the message is complete without the hint
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        }
        return needed.unused(topics);
    }
}
