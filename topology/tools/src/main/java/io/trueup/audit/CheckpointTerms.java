package io.trueup.audit;

import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.TopicInspector;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/** What an audit compares, and how: an audit of other terms may not go on with its results. */
final class CheckpointTerms {

    private static final int SHORT_HASH = 16;

    private final AuditRequest request;
    private final KeyedHash hash;

    CheckpointTerms(AuditRequest request) {
        this.request = request;
        hash = new KeyedHash(request.settings().secret());
    }

    /**
     * The terms by name, without secrets. What only changes how the audit works is not among them: threads, memory, patience.
     *
     * @param topics the topics by replica
     * @param fingerprint fingerprint of the secret and the shape of the trees
     * @throws IllegalArgumentException if a topic has no id, by which it could be recognised
     */
    Map<String, String> of(Map<String, TopicInspector.Topic> topics, String fingerprint) {
        Map<String, String> terms = new LinkedHashMap<>();
        request.replicas().forEach(replica -> {
            TopicInspector.Topic topic = topics.get(replica.name());
            if (topic.id().equals(Uuid.ZERO_UUID)) {
                throw new IllegalArgumentException("--checkpoint: the brokers at " + replica.cluster()
                        + " give their topics no ids, so that topics that were created again would not be noticed. Leave the"
                        + " option out.");
            }
            terms.put(
                    "replica " + replica.name(),
                    replica.topic() + " (id " + topic.id() + ", " + topic.partitions() + " partitions, "
                            + replica.format() + ")");
            terms.put("repairs of " + replica.name(), replica.repairsTopic().orElse("not given"));
        });
        Settings settings = request.settings();
        terms.put("fingerprint of hash.secret, tree.segments and compare", fingerprint);
        terms.put("resolution", rule(settings));
        terms.put("placement", placement(settings, topics));
        terms.put("sources", settings.rules().sources().toString());
        terms.put("--at", point());
        terms.put("--settle", request.settle().toString());
        terms.put(
                "--partitions",
                request.partitions().isEmpty() ? "all" : new TreeSet<>(request.partitions()).toString());
        terms.put("--keys-from", request.keys().map(this::keys).orElse("not given"));
        terms.put("--values", Boolean.toString(request.values()));
        terms.put("--limit", Integer.toString(request.bounds().limit()));
        terms.put("--never-compacted", Boolean.toString(request.neverCompacted()));
        return terms;
    }

    private static String rule(Settings settings) {
        Settings.Rules rules = settings.rules();
        return rules.resolution() + (rules.resolution() == Settings.Resolution.PRIMARY ? " " + rules.primary() : "");
    }

    private String placement(Settings settings, Map<String, TopicInspector.Topic> topics) {
        int partitions = topics.values().iterator().next().partitions();
        return settings.placement() + ", "
                + hashed(IntStream.range(0, partitions)
                        .mapToObj(settings.placement()::owners)
                        .toList()
                        .toString());
    }

    private String point() {
        return request.at().accept(new AuditPoint.Visitor<>() {
            @Override
            public String latest(AuditPoint.Latest latest) {
                return "latest";
            }

            @Override
            public String time(AuditPoint.Time time) {
                return time.ago()
                        .map(ago -> ago + " ago")
                        .orElseGet(() -> Instant.ofEpochMilli(time.ms()).toString());
            }

            @Override
            public String offsets(AuditPoint.Offsets offsets) {
                return "offsets " + hashed(offsets.ends().toString());
            }
        });
    }

    private String keys(List<byte[]> keys) {
        return keys.size() + " keys, "
                + hashed(keys.stream()
                        .map(hash::key)
                        .map(Hash128::toString)
                        .sorted()
                        .toList()
                        .toString());
    }

    private String hashed(String text) {
        return "hash " + hash.text(text).toString().substring(0, SHORT_HASH);
    }
}
