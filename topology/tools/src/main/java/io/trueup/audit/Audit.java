package io.trueup.audit;

import io.trueup.audit.PartitionAudit.Source;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * Reads the writes topics of all replicas once, and says whether the replicas hold the same; where they do not, it reads the
 * divergent keys once more and says who holds what since when. Whoever holds an audit runs it once. {@link #progress} and
 * {@link #stop} may be called from other threads.
 */
public final class Audit {

    private final AuditRequest request;
    private final Gauge gauge = new Gauge();
    private final Doubts doubts = new Doubts();
    private final Map<String, Survey.Topic> topics = new TreeMap<>();
    private final List<PartitionSummary> summaries = new ArrayList<>();
    private final List<DivergentKey> divergent = new ArrayList<>();
    private final Map<String, Boolean> allLater = new TreeMap<>();
    private final Set<Integer> finished = new TreeSet<>();
    private long divergentKeys;
    private long largestTable;
    private long keysInIt;
    private int passes;
    private int reserved;
    private long listedBytes;

    public Audit(AuditRequest request) {
        this.request = request;
    }

    /**
     * How far an audit has come.
     *
     * @param passed offsets read
     * @param expected offsets to be read, as far as is known
     * @param records records read
     */
    public record Progress(long passed, long expected, long records) {}

    public Progress progress() {
        return new Progress(gauge.passed(), gauge.expected(), gauge.records());
    }

    /** Ends the audit soon, with what is known so far. */
    public void stop() {
        gauge.stop();
    }

    /** Runs the audit. What goes wrong is a doubt in the result, not an exception. */
    public AuditResult run() {
        long startNanos = System.nanoTime();
        long nowMs = System.currentTimeMillis();
        Bound bound = bound(nowMs);
        List<Integer> partitions = List.of();
        try (Survey survey = new Survey(gauge, request.patience())) {
            partitions = survey(survey);
            readAll(partitions, bound);
            if (!divergent.isEmpty()) {
                addRepairs(survey, bound);
            }
        } catch (StoppedException e) {
            // told below
        }
        doubtKeys();
        doubtBegins();
        if (gauge.isStopped()) {
            doubts.add("The audit was stopped: " + finished.size() + " of " + partitions.size()
                    + " partitions are compared" + (finished.isEmpty() ? "." : ": " + finished + "."));
        }
        return result(bound, System.nanoTime() - startNanos);
    }

    /** That nobody holds any of the keys asked for says nothing of the replicas: perhaps they are written otherwise. */
    private void doubtKeys() {
        boolean seen = summaries.stream().anyMatch(summary -> summary.keys() + summary.deleted() > 0);
        request.keys()
                .filter(keys -> !seen)
                .ifPresent(keys -> doubts.add("None of the " + keys.size()
                        + " keys asked for was ever written, as far as the topics tell. Check how --keys-from writes them: one a line,"
                        + " without blanks, or hex: and hexadecimal."));
    }

    /** Where all of a topic is later, it may not have been there at the moment in question. */
    private void doubtBegins() {
        allLater.forEach((replica, later) -> {
            if (later) {
                doubts.add("All records read of " + topic(replica) + " are later than the moment asked for: what "
                        + replica + " held before its topic began is not known.");
            }
        });
    }

    private String topic(String name) {
        return request.replicas().stream()
                .filter(replica -> replica.name().equals(name))
                .map(AuditedReplica::topic)
                .findFirst()
                .orElse(name);
    }

    private Bound bound(long nowMs) {
        if (request.at() instanceof At.Time time) {
            return new Bound(time.ms(), time.ms());
        }
        return new Bound(nowMs, Long.MAX_VALUE);
    }

    /** Asks about all topics, and returns the partitions to read; none if they cannot be compared. */
    private List<Integer> survey(Survey survey) {
        for (AuditedReplica replica : request.replicas()) {
            try {
                topics.put(replica.name(), survey.topic(replica.cluster(), replica.topic()));
            } catch (Survey.SurveyException e) {
                doubts.add(e.getMessage());
            }
        }
        if (topics.size() < request.replicas().size() || !differentTopics() || !samePartitions()) {
            return List.of();
        }
        int count = topics.values().iterator().next().partitions();
        List<Integer> partitions = new ArrayList<>();
        for (int partition = 0; partition < count; partition++) {
            if (request.partitions().isEmpty() || request.partitions().contains(partition)) {
                partitions.add(partition);
            }
        }
        request.partitions().stream()
                .filter(partition -> partition >= count)
                .forEach(partition ->
                        doubts.add("There is no partition " + partition + ": the topics have " + count + "."));
        return partitions;
    }

    /** A topic compared with itself would be equal. */
    private boolean differentTopics() {
        Map<Uuid, String> replicas = new HashMap<>();
        boolean different = true;
        for (Map.Entry<String, Survey.Topic> topic : topics.entrySet()) {
            String other = replicas.put(topic.getValue().id(), topic.getKey());
            if (other != null && !topic.getValue().id().equals(Uuid.ZERO_UUID)) {
                doubts.add(
                        other + " and " + topic.getKey() + " name one and the same topic, which would be compared with"
                                + " itself. Check --replica, and which cluster each file leads to.");
                different = false;
            }
        }
        return different;
    }

    private boolean samePartitions() {
        Map<String, Integer> counts = new TreeMap<>();
        request.replicas()
                .forEach(replica -> counts.put(
                        replica.topic() + " on " + replica.cluster(),
                        topics.get(replica.name()).partitions()));
        boolean same = new HashSet<>(counts.values()).size() == 1;
        if (!same) {
            doubts.add("The topics have different numbers of partitions, so that a key lies in different ones: "
                    + counts + ". They cannot be compared. Create those that differ again with the same number.");
        }
        return same;
    }

    private void readAll(List<Integer> partitions, Bound bound) {
        Map<Integer, List<Source>> sources = new TreeMap<>();
        partitions.forEach(partition -> sources.put(partition, sources(partition)));
        sources.values().stream().flatMap(List::stream).forEach(source -> gauge.expect(source.length()));
        Queue<Integer> waiting = new ConcurrentLinkedQueue<>(partitions);
        int threads = Math.max(1, Math.min(request.threads(), partitions.size()));
        ExecutorService workers = Executors.newFixedThreadPool(threads, Audit::daemon);
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                String clientId = "trueup-audit-" + i;
                ends.add(workers.submit(() -> work(clientId, waiting, sources, bound, threads)));
            }
            await(ends);
        } finally {
            workers.shutdownNow();
        }
    }

    private static void await(List<Future<?>> ends) {
        try {
            for (Future<?> end : ends) {
                end.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoppedException stopped) {
                throw stopped;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private void work(
            String clientId, Queue<Integer> waiting, Map<Integer, List<Source>> sources, Bound bound, int threads) {
        try (TopicReader reader = new TopicReader(clientId, gauge, request.patience())) {
            for (Integer partition = waiting.poll(); partition != null; partition = waiting.poll()) {
                try {
                    audit(partition, sources.get(partition), bound, reader, request.memoryBytes() / threads);
                } catch (KafkaException e) {
                    doubts.add(Refusal.words(
                            "partition " + partition,
                            sources.get(partition).get(0).replica().cluster(),
                            e));
                }
            }
        } catch (StoppedException e) {
            // the result says so
        }
    }

    private void audit(int partition, List<Source> sources, Bound bound, TopicReader reader, long memoryBytes) {
        PartitionAudit audit = new PartitionAudit(
                sources,
                partition,
                request.settings(),
                bound,
                keys(),
                memoryBytes,
                request.limit(),
                reader,
                gauge::expect,
                doubts);
        audit.compare();
        add(audit, sources);
        List<Hash128> keys = audit.divergent();
        audit.describe(keys.subList(0, reserve(keys.size())), this::list);
        finish(partition);
    }

    /** How many more keys may be listed. */
    private synchronized int reserve(int wanted) {
        int granted = listedBytes >= request.memoryBytes() ? 0 : Math.min(wanted, request.limit() - reserved);
        reserved += granted;
        return granted;
    }

    private synchronized void add(PartitionAudit audit, List<Source> sources) {
        divergentKeys += audit.divergentKeys();
        summaries.addAll(audit.summaries(request.keys().isEmpty()));
        passes += audit.passes();
        if (audit.largestTable() >= largestTable) {
            largestTable = audit.largestTable();
            keysInIt = audit.keysInIt();
        }
        for (int i = 0; i < sources.size(); i++) {
            String replica = sources.get(i).replica().name();
            if (summaries.stream()
                    .anyMatch(summary -> summary.place().replica().equals(replica) && summary.records() > 0)) {
                allLater.put(replica, false);
            } else if (audit.isAllLater(i)) {
                allLater.put(replica, true);
            }
        }
    }

    /** Lists a key, unless those that are listed take up all memory: then it is counted only. */
    private synchronized void list(DivergentKey key) {
        if (listedBytes < request.memoryBytes()) {
            listedBytes += key.memoryBytes();
            divergent.add(key);
        }
    }

    private synchronized void finish(int partition) {
        finished.add(partition);
    }

    private Predicate<Hash128> keys() {
        if (request.keys().isEmpty()) {
            return key -> true;
        }
        KeyedHash hash = new KeyedHash(request.settings().secret());
        Set<Hash128> chosen = new HashSet<>();
        request.keys().get().forEach(key -> chosen.add(hash.key(key)));
        return chosen::contains;
    }

    private List<Source> sources(int partition) {
        List<Source> sources = new ArrayList<>();
        List<String> owners = request.settings().placement().owners(partition);
        for (AuditedReplica replica : request.replicas().stream()
                .sorted(Comparator.comparing(AuditedReplica::name))
                .toList()) {
            if (owners.contains(replica.name())) {
                sources.add(source(replica, partition));
            }
        }
        return sources;
    }

    private Source source(AuditedReplica replica, int partition) {
        Survey.Topic topic = topics.get(replica.name());
        long start = topic.starts().get(partition);
        long latest = topic.ends().get(partition);
        long end = end(new At.Place(replica.name(), partition), latest);
        TopicPartition place = new TopicPartition(replica.topic(), partition);
        if (start > 0) {
            doubts.add(place + " begins at offset " + start + ": what was before it is deleted ("
                    + (topic.cleanupPolicy().orElse("").contains("delete")
                            ? "by retention"
                            : "by retention or on demand")
                    + "), so a key that " + replica.name() + " seems to lack may be there. Keep write events"
                    + " (cleanup.policy=compact, or retention.ms=-1 and retention.bytes=-1), and have " + replica.name()
                    + " scanned: `trueup scrub`, or whatever tells its rows again.");
        }
        return new Source(
                replica,
                new Stretch(replica.cluster(), place, start, Math.max(start, end)),
                topic.gaps(request.neverCompacted()),
                end < latest);
    }

    private long end(At.Place place, long latest) {
        if (!(request.at() instanceof At.Offsets offsets)) {
            return latest;
        }
        Long end = offsets.ends().get(place);
        if (end == null) {
            doubts.add("No offset is given for " + place + ": add a line for it, or leave its partition out with"
                    + " --partitions.");
            return 0;
        }
        if (end > latest) {
            doubts.add("The offset given for " + place + " is " + end + ", and its topic ends at " + latest
                    + ": it was created again, or truncated.");
            return latest;
        }
        return end;
    }

    private void addRepairs(Survey survey, Bound bound) {
        if (request.replicas().stream()
                .allMatch(replica -> replica.repairsTopic().isEmpty())) {
            doubts.note("Repair events were not looked for: no repairs topic is given (--repairs, --config).");
            return;
        }
        new RepairSearch(request, survey, gauge).find(divergent, bound);
    }

    private AuditResult result(Bound bound, long nanos) {
        if (divergentKeys > divergent.size()) {
            doubts.note(
                    divergent.size() + " listed of " + divergentKeys + " keys that differ: the rest is counted only."
                            + (gauge.isStopped()
                                    ? ""
                                    : listedBytes >= request.memoryBytes()
                                            ? " More memory (--memory) has more listed."
                                            : " A higher --limit has more listed."));
        }
        summaries.sort(Comparator.comparing(PartitionSummary::place));
        divergent.sort(Comparator.comparingInt(DivergentKey::partition)
                .thenComparing(DivergentKey::key, Arrays::compareUnsigned));
        return new AuditResult(
                request.replicas().stream().map(AuditedReplica::name).sorted().toList(),
                words(),
                bound.atMs(),
                gauge.isStopped(),
                doubts.all(),
                doubts.notes(),
                List.copyOf(summaries),
                divergentKeys,
                List.copyOf(divergent),
                fingerprint(),
                new AuditResult.Effort(gauge.records(), gauge.bytes(), nanos, largestTable, keysInIt, passes));
    }

    private String words() {
        if (request.at() instanceof At.Time time) {
            return "as of " + Instant.ofEpochMilli(time.ms());
        }
        return request.at() instanceof At.Offsets ? "at the offsets given" : "latest";
    }

    private String fingerprint() {
        return new KeyedHash(request.settings().secret())
                .text("trueup audit roots 1\nsegments "
                        + request.settings().shape().segmentBits() + "\ncompare values "
                        + request.settings().rules().compareValues())
                .toString()
                .substring(0, 16);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, "trueup-audit");
        thread.setDaemon(true);
        return thread;
    }
}
