package io.trueup.stream;

import io.trueup.control.ControlKey;
import io.trueup.failure.RateLimitedLog;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.EndOfInput;
import io.trueup.reconcile.Outbox;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.repair.EncodedRepair;
import io.trueup.repair.ValueReference;
import io.trueup.report.ConflictEvents;
import io.trueup.report.ConflictKey;
import io.trueup.report.RoundReports;
import io.trueup.schema.ConflictEvent;
import io.trueup.state.EntryStore;
import io.trueup.stream.ActiveConfig.RepairRoute;
import io.trueup.stream.record.MessageLimits;
import io.trueup.stream.record.Nodes;
import io.trueup.stream.record.OutputRecord;
import io.trueup.tree.Entry;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what the reconciler of one partition decides: encodes messages, paces repairs, fetches their values, and forwards
 * records to the sinks with the current time as timestamp. Used by the task's thread.
 */
final class Sender implements Outbox, EndOfInput {

    /** A repair without its key and vectors, and its place in a list; rounded up. */
    private static final long REPAIR_BYTES = 640;

    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);

    private final ReplicaContext context;
    private final int partition;
    private final ProcessorContext<byte[], OutputRecord> processorContext;
    private final EntryStore entries;
    private final InputEnd inputEnd;
    private final LongSupplier now;
    private final Predicate<String> paused;
    private final RepairPacer pacer;
    /** What the repairs of this partition take up that are not sent yet. */
    private long waitingBytes;

    private final Hydration hydration;
    private final byte[] recordKey;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private final RateLimitedLog conflictWarnings = new RateLimitedLog(LOG);
    private List<String> owners;
    private boolean awaitsCommit;
    private int warnAtRounds;

    /** @param paused whether no repair of a target is to be sent now, by the decision of a person or in a maintenance window */
    Sender(
            ReplicaContext context,
            ProcessorContext<byte[], OutputRecord> processorContext,
            List<String> owners,
            EntryStore entries,
            InputEnd inputEnd,
            LongSupplier now,
            Predicate<String> paused) {
        this.context = context;
        this.processorContext = processorContext;
        this.owners = owners;
        this.entries = entries;
        this.inputEnd = inputEnd;
        this.now = now;
        this.paused = paused;
        partition = processorContext.taskId().partition();
        hydration = new Hydration(
                context.replica(), partition, context.values(), this::storedVersion, new Hydrated(), context.metrics());
        pacer = new RepairPacer(context.sending().repairsPerSecond(), now.getAsLong(), this::fetch);
        recordKey = new ControlKey(context.replica(), partition).encode();
    }

    @Override
    public int publish(Message message) {
        byte[] value = context.codecs().control().encode(context.config().controlTopic(), message);
        send(
                Nodes.CONTROL_SINK,
                context.config().controlTopic(),
                recordKey,
                value,
                signed(context.codecs().controlMac(), value));
        return value.length + RecordMac.HEADER_BYTES;
    }

    private Headers signed(RecordMac mac, byte[] value) {
        Headers headers = new RecordHeaders();
        mac.sign(recordKey, value, headers);
        return headers;
    }

    @Override
    public void refused(Message message, String reason) {
        context.metrics().malformed(partition);
        warnings.warn(context.replica() + "/" + partition + ": a message of " + message.replica()
                + " cannot be true, and is ignored: " + reason);
    }

    @Override
    public void report(RoundSummary reported) {
        Optional<String> doubt = context.clock(partition, steadyMs()).doubt().map(JobClocks::text);
        doubt.ifPresent(reason -> context.clocks().warn(context.replica() + "/" + partition + ": " + reason));
        RoundSummary round = doubt.map(reported::withNote).orElse(reported);
        ReplicaMetrics.PartitionMetrics partitionMetrics = context.metrics().partition(partition);
        long malformed = partitionMetrics.takeMalformed();
        byte[] value = context.codecs()
                .reports()
                .encode(
                        context.config().roundsTopic(),
                        RoundReports.report(
                                context.config().dataset(), context.replica(), partition, round, malformed));
        send(
                Nodes.ROUNDS_SINK,
                context.config().roundsTopic(),
                recordKey,
                value,
                signed(context.codecs().reportMac(), value));
        partitionMetrics.reported(round);
        context.floodAlarm().reported(context.replica(), partition, round, steadyMs());
        warnIfNotCompared(round);
        if (RoundReports.noteworthy(round, malformed)) {
            LOG.info(RoundReports.line(context.replica(), partition, round, malformed));
        } else if (LOG.isDebugEnabled()) {
            LOG.debug(RoundReports.line(context.replica(), partition, round, malformed));
        }
    }

    private long steadyMs() {
        return processorContext.currentSystemTimeMs();
    }

    /** Warns when the alarm begins, and again each time that it has lasted as long once more. */
    private void warnIfNotCompared(RoundSummary round) {
        int rounds = round.roundsWithoutComparison();
        int alarming = context.settings().times().alarmingRounds();
        warnAtRounds = rounds < alarming ? alarming : warnAtRounds;
        if (rounds >= warnAtRounds) {
            warnAtRounds = rounds + alarming;
            LOG.warn(RoundReports.notCompared(context.replica(), partition, round));
        }
    }

    @Override
    public void scanCompleted(String scan, long dropped) {
        LOG.info(
                "{}/{}: scan {} is complete; {} entries without a row are dropped",
                context.replica(),
                partition,
                scan,
                dropped);
    }

    @Override
    public void filling(String target, long lacking, long entries, boolean held) {
        LOG.info(RoundReports.filling(
                context.config(), context.replica() + "/" + partition, target, lacking, entries, held));
    }

    @Override
    public void conflict(Conflict conflict) {
        boolean settled = conflict.sides().isEmpty();
        byte[] value = settled ? null : encode(conflict);
        ConflictKey key = new ConflictKey(conflict.reporter(), partition, conflict.key());
        send(Nodes.CONFLICTS_SINK, context.config().conflictsTopic(), key.encode(), value);
        awaitsCommit = true;
        if (settled) {
            byte[] former = ConflictKey.former(conflict.key()).encode();
            send(Nodes.CONFLICTS_SINK, context.config().conflictsTopic(), former, value);
        } else {
            conflictWarnings.warn(context.replica() + "/" + partition + ": no entry wins for the key with hash "
                    + conflict.keyHash() + ", held by " + conflict.sides().size()
                    + " sides; `trueup conflicts` lists such keys");
        }
    }

    private byte[] encode(Conflict conflict) {
        ConflictEvent event = ConflictEvents.event(context.config().dataset(), partition, conflict);
        return context.codecs().conflicts().encode(context.config().conflictsTopic(), event);
    }

    @Override
    public void awaitEnd(long round) {
        inputEnd.catchUp().await(round, now.getAsLong());
    }

    @Override
    public void awaitEndForProbes(long ticket) {
        inputEnd.probeCatchUp().await(ticket, now.getAsLong());
    }

    @Override
    public void repair(Repair repair) {
        long bytes = waitingBytes(repair);
        if (waitingBytes > 0 && !context.roundMemory().hasRoomForWaiting(bytes)) {
            context.metrics().unsentRepairs.increment();
            return;
        }
        waiting(bytes);
        EntrySummary observed = repair.condition().observed();
        if (repair.attempt() == 1 && repair.reason() != Divergence.CONFLICT) {
            long writtenMs =
                    Math.max(repair.winner().positionMs(), observed == null ? Long.MIN_VALUE : observed.appendTimeMs());
            context.metrics().detected(Math.max(0, now.getAsLong() - writtenMs));
        }
        pacer.add(repair, now.getAsLong());
    }

    private void waiting(long moreBytes) {
        waitingBytes += moreBytes;
        context.roundMemory().waiting(moreBytes);
    }

    /** What a repair takes up in memory while it waits, about. */
    private static long waitingBytes(Repair repair) {
        return REPAIR_BYTES
                + repair.key().length
                + RoundMemory.vectorBytes(repair.winner().vector())
                + RoundMemory.vectorBytes(repair.condition().observed());
    }

    @Override
    public void verified(long afterMs) {
        context.metrics().verified(afterMs);
    }

    private void fetch(Repair repair) {
        if (paused.test(repair.target()) || repair.winner().deleted()) {
            waiting(-waitingBytes(repair));
            send(repair, null, null);
        } else {
            hydration.add(repair);
        }
    }

    /** Sets the owners of the partition. Waiting repairs of replicas that are not among them are not sent. */
    void placed(List<String> owners) {
        this.owners = owners;
    }

    /** Sends the repairs that the rate allows and whose values were read, for at most the given time. */
    void drain(long budgetNanos) {
        pacer.release(now.getAsLong());
        hydration.drain(budgetNanos);
    }

    /** Whether repairs wait for the rate limit or for their values. */
    boolean isWaiting() {
        return waitingBytes > 0;
    }

    /** Drops repairs that wait for the rate limit or for their values. */
    void close() {
        pacer.clear();
        hydration.close();
        waiting(-waitingBytes);
    }

    /**
     * Requests a commit at once where it matters. Under exactly-once, records become visible only after it. The note of a reported
     * conflict must be durable as soon as the report can be read: if it were lost, nobody would withdraw the report.
     */
    void commitIfSent() {
        if (awaitsCommit) {
            processorContext.commit();
        }
        awaitsCommit = false;
    }

    private final class Hydrated implements Hydration.Sink {

        @Override
        public void hydrated(Repair repair, byte[] value) {
            waiting(-waitingBytes(repair));
            if (value != null && value.length <= context.config().repairValueMaxBytes()) {
                send(repair, value, null);
            } else if (value == null && replaced(repair)) {
                context.metrics().unsentRepairs.increment();
            } else {
                send(repair, null, reference(repair));
            }
        }

        @Override
        public void failed(Repair repair) {
            waiting(-waitingBytes(repair));
        }
    }

    private long storedVersion(Repair repair) {
        Entry held = entries.get(repair.keyHash());
        return held != null && held.offset() == repair.winner().sourceOffset()
                ? held.version()
                : repair.winner().version();
    }

    /** Whether a newer write event has replaced the one that should have been read: a later round compares it. */
    private boolean replaced(Repair repair) {
        Entry held = entries.get(repair.keyHash());
        return held == null || held.offset() != repair.winner().sourceOffset();
    }

    private ValueReference reference(Repair repair) {
        String topic = context.config().replica(context.replica()).writesTopic();
        return new ValueReference(context.replica(), topic, repair.winner().sourceOffset());
    }

    private void send(Repair repair, byte[] value, ValueReference reference) {
        RepairRoute route = context.active().repairs().get(repair.target());
        if (route == null || !owners.contains(repair.target()) || paused.test(repair.target())) {
            context.metrics().unsentRepairs.increment();
            return;
        }
        Optional<EncodedRepair> encoded = route.format().encode(repair, partition, value, reference);
        if (value != null && encoded.isPresent() && isTooLarge(route.topic(), encoded.get())) {
            send(repair, null, reference(repair));
            return;
        }
        if (encoded.isEmpty()) {
            context.metrics().unsentRepairs.increment();
            warnings.warn(context.replica() + "/" + partition + ": the value at offset "
                    + repair.winner().sourceOffset()
                    + " of the writes topic is gone, or larger than repair.value.max.bytes or than the repair topic allows, and"
                    + " the plain repair format of"
                    + " replica " + repair.target() + " cannot say where to fetch it: this repair is not sent");
            return;
        }
        context.metrics().repairs.increment();
        if (reference != null) {
            context.metrics().references.increment();
        }
        EncodedRepair record = encoded.get();
        send(Nodes.REPAIR_SINK, route.topic(), record.key(), record.value(), record.headers());
    }

    private boolean isTooLarge(String topic, EncodedRepair record) {
        return MessageLimits.bytes(record.key(), record.value(), record.headers())
                > context.sending().limits().maxBytes(topic);
    }

    private void send(String sink, String topic, byte[] key, byte[] value) {
        send(sink, topic, key, value, new RecordHeaders());
    }

    /** Sends a record, or in its place a dead letter if it is too large for its topic. */
    private void send(String sink, String topic, byte[] key, byte[] value, Headers headers) {
        int bytes = MessageLimits.bytes(key, value, headers);
        int maxBytes = context.sending().limits().maxBytes(topic);
        if (bytes > maxBytes) {
            context.metrics().lostRecords.increment();
            processorContext.forward(
                    context.deadLetters()
                            .unsent(topic, partition, key, headers, tooLarge(bytes, maxBytes), now.getAsLong()),
                    Nodes.DEAD_LETTER_SINK);
        } else {
            OutputRecord outgoing = new OutputRecord(topic, partition, value);
            processorContext.forward(new Record<>(key, outgoing, now.getAsLong(), headers), sink);
        }
        awaitsCommit |= context.sending().exactlyOnce();
    }

    private static String tooLarge(int bytes, int maxBytes) {
        return "it has " + bytes
                + " bytes, and max.message.bytes of its topic or max.request.size of the producer allow " + maxBytes;
    }
}
