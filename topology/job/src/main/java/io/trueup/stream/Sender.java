package io.trueup.stream;

import io.trueup.control.ControlKey;
import io.trueup.failure.RateLimitedLog;
import io.trueup.reconcile.Conflict;
import io.trueup.reconcile.Message;
import io.trueup.reconcile.Outbox;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.repair.EncodedRepair;
import io.trueup.repair.ValueReference;
import io.trueup.report.ConflictEvents;
import io.trueup.report.RoundReports;
import io.trueup.schema.ConflictEvent;
import io.trueup.state.EntryStore;
import io.trueup.stream.ActiveConfig.RepairRoute;
import io.trueup.tree.Entry;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what the reconciler of one partition decides: encodes it, paces repairs and fetches their values, hands it to the
 * sinks with the present time as timestamp. Used by the task's thread.
 */
final class Sender implements Outbox {

    private static final Logger LOG = LoggerFactory.getLogger(Sender.class);

    private final ReplicaContext parts;
    private final int partition;
    private final ProcessorContext<byte[], OutputRecord> context;
    private final EntryStore entries;
    private final CatchUp seal;
    private final CatchUp probeSeal;
    private final LongSupplier now;
    private final RepairPacer pace;
    private final Hydration hydration;
    private final byte[] recordKey;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);
    private final RateLimitedLog conflictWarnings = new RateLimitedLog(LOG);
    private List<String> owners;
    private boolean sent;

    Sender(
            ReplicaContext parts,
            int partition,
            List<String> owners,
            ProcessorContext<byte[], OutputRecord> context,
            EntryStore entries,
            CatchUp seal,
            CatchUp probeSeal,
            LongSupplier now) {
        this.parts = parts;
        this.partition = partition;
        this.owners = owners;
        this.context = context;
        this.entries = entries;
        this.seal = seal;
        this.probeSeal = probeSeal;
        this.now = now;
        hydration = new Hydration(
                parts.replica(), partition, parts.values(), this::storedVersion, this::hydrated, parts.tally());
        pace = new RepairPacer(parts.repairsPerSecond(), now.getAsLong(), this::fetch);
        recordKey = new ControlKey(parts.replica(), partition).encode();
    }

    @Override
    public int publish(Message message) {
        byte[] value = parts.control().encode(parts.config().controlTopic(), message);
        send(Nodes.CONTROL_SINK, recordKey, value, new RecordHeaders());
        return value.length;
    }

    @Override
    public void report(RoundSummary round) {
        ReplicaMetrics.PartitionTally tally = parts.tally().partition(partition);
        long malformed = tally.takeMalformed();
        byte[] value = parts.reports()
                .encode(
                        parts.config().roundsTopic(),
                        RoundReports.report(parts.config().dataset(), parts.replica(), partition, round, malformed));
        send(Nodes.ROUNDS_SINK, recordKey, value, new RecordHeaders());
        tally.reported(round);
        parts.floodAlarm().reported(parts.replica(), partition, round, now.getAsLong());
        if (RoundReports.noteworthy(round, malformed)) {
            LOG.info(RoundReports.line(parts.replica(), partition, round, malformed));
        } else if (LOG.isDebugEnabled()) {
            LOG.debug(RoundReports.line(parts.replica(), partition, round, malformed));
        }
    }

    @Override
    public void conflict(Conflict conflict) {
        boolean settled = conflict.sides().isEmpty();
        byte[] value = settled ? null : encode(conflict);
        send(Nodes.CONFLICTS_SINK, conflict.key(), value, new RecordHeaders());
        if (!settled) {
            conflictWarnings.warn(parts.replica() + "/" + partition + ": no entry wins for the key with hash "
                    + conflict.keyHash() + ", held by " + conflict.sides().size()
                    + " sides; `trueup conflicts` lists such keys");
        }
    }

    private byte[] encode(Conflict conflict) {
        ConflictEvent event = ConflictEvents.event(parts.config().dataset(), parts.replica(), partition, conflict);
        return parts.conflicts().encode(parts.config().conflictsTopic(), event);
    }

    @Override
    public void awaitEnd(long round) {
        seal.await(round);
    }

    @Override
    public void awaitEndForProbes(long ticket) {
        probeSeal.await(ticket);
    }

    @Override
    public void repair(Repair repair) {
        pace.add(repair, now.getAsLong());
    }

    private void fetch(Repair repair) {
        if (repair.winner().deleted()) {
            send(repair, null, null);
        } else {
            hydration.add(repair);
        }
    }

    /** From now on others own the partition: repairs that wait for who is none of them are not sent. */
    void placed(List<String> owners) {
        this.owners = owners;
    }

    /** Sends the repairs whose turn and values have come, for at most the given time. */
    void drain(long budgetNanos) {
        pace.release(now.getAsLong());
        hydration.drain(budgetNanos);
    }

    /** Drops repairs that wait for their turn or their values. */
    void close() {
        pace.clear();
        hydration.close();
    }

    /** Under exactly-once, nobody sees what was sent before the commit: it is asked for at once. */
    void commitWhatWasSent() {
        if (sent && parts.exactlyOnce()) {
            context.commit();
        }
        sent = false;
    }

    private void hydrated(Repair repair, byte[] value) {
        if (value != null && value.length <= parts.config().repairValueMaxBytes()) {
            send(repair, value, null);
        } else if (value == null && replaced(repair)) {
            parts.tally().unsentRepairs.increment();
        } else {
            send(repair, null, reference(repair));
        }
    }

    private long storedVersion(Repair repair) {
        Entry held = entries.get(repair.keyHash());
        return held != null && held.offset() == repair.winner().sourceOffset()
                ? held.version()
                : repair.winner().version();
    }

    /** Whether a newer write event has taken the place of the one that was to be read: a later round judges it. */
    private boolean replaced(Repair repair) {
        Entry held = entries.get(repair.keyHash());
        return held == null || held.offset() != repair.winner().sourceOffset();
    }

    private ValueReference reference(Repair repair) {
        String topic = parts.config().replica(parts.replica()).writesTopic();
        return new ValueReference(parts.replica(), topic, repair.winner().sourceOffset());
    }

    private void send(Repair repair, byte[] value, ValueReference reference) {
        RepairRoute route = parts.present().repairs().get(repair.target());
        if (route == null || !owners.contains(repair.target())) {
            parts.tally().unsentRepairs.increment();
            return;
        }
        Optional<EncodedRepair> encoded = route.format().encode(repair, partition, value, reference);
        if (encoded.isEmpty()) {
            parts.tally().unsentRepairs.increment();
            warnings.warn(parts.replica() + "/" + partition + ": the value at offset "
                    + repair.winner().sourceOffset()
                    + " of the writes topic is gone or larger than repair.value.max.bytes, and the plain repair format of"
                    + " replica " + repair.target() + " cannot say where to fetch it: this repair is not sent");
            return;
        }
        parts.tally().repairs.increment();
        if (reference != null) {
            parts.tally().references.increment();
        }
        EncodedRepair record = encoded.get();
        OutputRecord outgoing = new OutputRecord(route.topic(), partition, record.value());
        send(Nodes.REPAIR_SINK, record.key(), outgoing, record.headers());
    }

    private void send(String sink, byte[] key, byte[] value, Headers headers) {
        send(sink, key, new OutputRecord(partition, value), headers);
    }

    private void send(String sink, byte[] key, OutputRecord value, Headers headers) {
        context.forward(new Record<>(key, value, now.getAsLong(), headers), sink);
        sent = true;
    }
}
