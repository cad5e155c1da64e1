package io.trueup.audit;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.topic.BrokerRefusal;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.ReadFailedException;
import io.trueup.topic.StoppedException;
import io.trueup.topic.TopicInspector;
import io.trueup.topic.TopicReader;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import org.apache.kafka.common.KafkaException;

/**
 * Reads the writes topics of all replicas once, and decides whether the replicas hold the same. If they differ, it reads the
 * divergent keys once more and describes what each replica holds, and since when they differ. An audit is run once, by
 * one thread; {@link #progress} and {@link #stop} may be called from other threads.
 */
public final class Audit {

    private static final String CLIENT_ID = "trueup-audit";

    private final AuditRequest request;
    private final ProgressCounter progress = new ProgressCounter();
    private final Caveats caveats = new Caveats();
    private final AuditPlan plan;
    private final Optional<AskedKeys> asked;
    private final BiFunction<String, ProgressCounter, TopicReader> readers;
    private final List<PartitionSummary> summaries = new ArrayList<>();
    private final List<DivergentKey> divergent = new ArrayList<>();
    private final Map<String, Boolean> allLater = new TreeMap<>();
    private final Set<Integer> finished = new TreeSet<>();
    private boolean isStopped;
    private long divergentKeys;
    private long lastingKeys;
    private long inFlightKeys;
    private long largestTable;
    private long keysInIt;
    private int passes;
    private int reserved;
    private long listedBytes;

    public Audit(AuditRequest request) {
        this(
                request,
                (clientId, progress) ->
                        new TopicReader(clientId, progress, request.bounds().patience()));
    }

    /** @param readers opens a reader with the client id of its consumers, for each thread */
    Audit(AuditRequest request, BiFunction<String, ProgressCounter, TopicReader> readers) {
        this.request = request;
        this.readers = readers;
        asked = request.keys().map(keys -> new AskedKeys(keys, hash()));
        plan = new AuditPlan(request, caveats);
    }

    /**
     * Progress of an audit.
     *
     * @param passed offsets read
     * @param expected offsets to be read, as far as is known
     * @param records records read
     */
    public record Progress(long passed, long expected, long records) {}

    public Progress progress() {
        return new Progress(progress.passed(), progress.expected(), progress.records());
    }

    /** Ends the audit soon, with what is known so far. */
    public void stop() {
        progress.stop();
    }

    /** Runs the audit. A failure is a doubt in the result, not an exception. */
    public AuditResult run() {
        long startNanos = System.nanoTime();
        long nowMs = System.currentTimeMillis();
        RecordBound bound = bound(nowMs);
        List<Integer> partitions = List.of();
        try (TopicInspector inspector =
                new TopicInspector(CLIENT_ID, progress, request.bounds().patience())) {
            partitions = plan.inspect(inspector);
            readAll(partitions, bound);
            if (!divergent.isEmpty()) {
                addRepairs(inspector, bound);
            }
        } catch (StoppedException e) {
            isStopped = true; // becomes a doubt below
        }
        doubtUnknownKeys();
        doubtLateTopics();
        doubtUnexaminedKeys();
        doubtUnread(partitions);
        return result(bound, System.nanoTime() - startNanos);
    }

    /** Equal are only replicas of which every partition was compared to its end. */
    private void doubtUnread(List<Integer> partitions) {
        if (isPartial()) {
            caveats.doubt("The audit was stopped: " + finished.size() + " of " + partitions.size()
                    + " partitions are compared" + (finished.isEmpty() ? "." : ": " + finished + "."));
        } else if (!finished.containsAll(partitions)) {
            caveats.doubt("Only " + finished.size() + " of " + partitions.size() + " partitions are compared"
                    + (finished.isEmpty() ? "." : ": " + finished + "."));
        }
    }

    /** Whether it was stopped, or its thread was interrupted. */
    private boolean isPartial() {
        return isStopped || progress.isStopped();
    }

    /** If no replica holds any of the keys asked for, that proves nothing about the replicas: the keys may be misspelled. */
    private void doubtUnknownKeys() {
        asked.filter(keys -> keys.neverWritten().size() == keys.count())
                .ifPresent(keys -> caveats.doubt("None of the " + keys.count()
                        + " keys asked for was ever written, as far as the topics show. Check the file of --keys-from: one key"
                        + " a line, without blanks, or hex: and hexadecimal digits."));
    }

    /** A topic whose records are all later may not have existed at the moment in question. */
    private void doubtLateTopics() {
        allLater.forEach((replica, later) -> {
            if (later) {
                caveats.doubt("All records read of " + topic(replica) + " are later than the moment asked for: what "
                        + replica + " held before its topic began is not known.");
            }
        });
    }

    /** Only a described key is known to be in flight or not. One that differs is enough to know that the replicas do. */
    private void doubtUnexaminedKeys() {
        if (!isPartial() && lastingKeys == 0 && unexaminedKeys() > 0) {
            caveats.doubt("Of " + divergentKeys + " keys that differ, " + inFlightKeys
                    + " were examined, which differ by writes in flight; the others may do so or not. Raise --limit, or count"
                    + " all of them with --settle 0s.");
        }
    }

    private long unexaminedKeys() {
        return divergentKeys - lastingKeys - inFlightKeys;
    }

    private String topic(String name) {
        return request.replicas().stream()
                .filter(replica -> replica.name().equals(name))
                .map(AuditedReplica::topic)
                .findFirst()
                .orElse(name);
    }

    private RecordBound bound(long nowMs) {
        long settleMs = request.settle().toMillis();
        RecordBound all = new RecordBound(nowMs, Long.MAX_VALUE, settleMs);
        return request.at().accept(new AuditPoint.Visitor<>() {
            @Override
            public RecordBound latest(AuditPoint.Latest latest) {
                return all;
            }

            @Override
            public RecordBound time(AuditPoint.Time time) {
                return new RecordBound(time.ms(), time.ms(), settleMs);
            }

            @Override
            public RecordBound offsets(AuditPoint.Offsets offsets) {
                return all;
            }
        });
    }

    private void readAll(List<Integer> partitions, RecordBound bound) {
        Map<Integer, List<ReplicaSource>> sources = new TreeMap<>();
        partitions.forEach(partition -> sources.put(partition, plan.sources(partition)));
        sources.values().stream().flatMap(List::stream).forEach(source -> progress.expect(source.length()));
        Queue<Integer> waiting = new ConcurrentLinkedQueue<>(partitions);
        int threads = Math.max(1, Math.min(request.bounds().threads(), partitions.size()));
        ExecutorService workers = Executors.newFixedThreadPool(threads, Audit::daemon);
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                String clientId = CLIENT_ID + "-" + i;
                ends.add(workers.submit(() -> work(clientId, waiting, sources, bound, threads)));
            }
            await(ends);
        } finally {
            workers.shutdownNow();
        }
    }

    /** After an interrupt too, all workers end before the result is taken. */
    private void await(List<Future<?>> ends) {
        boolean interrupted = false;
        for (Future<?> end : ends) {
            interrupted |= awaitStoppingIfInterrupted(end);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        }
    }

    private boolean awaitStoppingIfInterrupted(Future<?> end) {
        boolean interrupted = false;
        while (true) {
            try {
                end.get();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
                progress.stop();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof StoppedException) {
                    return interrupted;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    private void work(
            String clientId,
            Queue<Integer> waiting,
            Map<Integer, List<ReplicaSource>> sources,
            RecordBound bound,
            int threads) {
        try (TopicReader reader = readers.apply(clientId, progress)) {
            for (Integer partition = waiting.poll(); partition != null; partition = waiting.poll()) {
                try {
                    audit(
                            partition,
                            sources.get(partition),
                            bound,
                            reader,
                            request.bounds().memoryBytes() / threads);
                } catch (PartitionReading.EndNotReachedException e) {
                    // is a doubt already
                } catch (ReadFailedException e) {
                    caveats.doubt(e.getMessage());
                } catch (KafkaException e) {
                    caveats.doubt(BrokerRefusal.describe(
                            "partition " + partition,
                            sources.get(partition).get(0).replica().cluster(),
                            e));
                }
            }
        } catch (StoppedException e) {
            // becomes a doubt in the end
        }
    }

    private void audit(
            int partition, List<ReplicaSource> sources, RecordBound bound, TopicReader reader, long memoryBytes) {
        PartitionAudit audit = new PartitionAudit(
                sources,
                partition,
                request.settings(),
                bound,
                asked.map(AskedKeys::seen).orElse(key -> true),
                request.values(),
                memoryBytes,
                request.bounds().limit(),
                reader,
                progress::expect,
                caveats);
        audit.compare();
        add(audit, sources);
        List<Hash128> keys = audit.divergent();
        audit.describe(keys.subList(0, reserve(keys.size())), this::list);
        finish(partition);
    }

    /** Reserves places in the list of divergent keys; returns how many. */
    private synchronized int reserve(int wanted) {
        int granted = listedBytes >= request.bounds().memoryBytes()
                ? 0
                : Math.min(wanted, request.bounds().limit() - reserved);
        reserved += granted;
        return granted;
    }

    private synchronized void add(PartitionAudit audit, List<ReplicaSource> sources) {
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

    /** Lists a key, unless it is in flight: then its place in the list is free again. Once the listed keys take up the memory of the audit, further keys are only counted. */
    private synchronized void list(DivergentKey key) {
        if (key.isInFlight()) {
            inFlightKeys++;
            reserved--;
            return;
        }
        lastingKeys++;
        if (listedBytes < request.bounds().memoryBytes()) {
            listedBytes += key.memoryBytes();
            divergent.add(key);
        }
    }

    private synchronized void finish(int partition) {
        finished.add(partition);
    }

    private KeyedHash hash() {
        return new KeyedHash(request.settings().secret());
    }

    private void addRepairs(TopicInspector inspector, RecordBound bound) {
        if (request.replicas().stream()
                .allMatch(replica -> replica.repairsTopic().isEmpty())) {
            caveats.note("Repair events were not looked for: no repairs topic is given (--repairs, --config).");
            return;
        }
        new RepairSearch(request, inspector, progress).find(divergent, bound);
    }

    private AuditResult result(RecordBound bound, long nanos) {
        long counted = divergentKeys - inFlightKeys;
        if (counted > divergent.size()) {
            caveats.note(divergent.size() + " listed of " + counted
                    + " keys that differ: the others are only counted."
                    + (isPartial()
                            ? ""
                            : listedBytes >= request.bounds().memoryBytes()
                                    ? " Raise --memory to list more."
                                    : " Raise --limit to list more.")
                    + (unexaminedKeys() == 0 || request.settle().isZero()
                            ? ""
                            : " Of " + unexaminedKeys() + " it is not known whether they are in flight."));
        }
        summaries.sort(Comparator.comparing(PartitionSummary::place));
        divergent.sort(Comparator.comparingInt(DivergentKey::partition)
                .thenComparing(DivergentKey::key, Arrays::compareUnsigned));
        return new AuditResult(
                request.replicas().stream().map(AuditedReplica::name).sorted().toList(),
                new AuditResult.Moment(words(), bound.atMs(), request.settle()),
                isPartial(),
                caveats.doubts(),
                caveats.notes(),
                List.copyOf(summaries),
                counted,
                inFlightKeys,
                List.copyOf(divergent),
                asked.map(AskedKeys::neverWritten).orElse(List.of()),
                fingerprint(),
                new AuditResult.Effort(progress.records(), progress.bytes(), nanos, largestTable, keysInIt, passes));
    }

    private String words() {
        return request.at().accept(new AuditPoint.Visitor<>() {
            @Override
            public String latest(AuditPoint.Latest latest) {
                return "latest";
            }

            @Override
            public String time(AuditPoint.Time time) {
                return "as of " + Instant.ofEpochMilli(time.ms());
            }

            @Override
            public String offsets(AuditPoint.Offsets offsets) {
                return "at the offsets given";
            }
        });
    }

    private String fingerprint() {
        return hash().text("trueup audit roots 2\nsegments "
                        + request.settings().shape().segmentBits() + "\ncompare values "
                        + request.settings().rules().compareValues())
                .toString()
                .substring(0, 16);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, CLIENT_ID);
        thread.setDaemon(true);
        return thread;
    }
}
