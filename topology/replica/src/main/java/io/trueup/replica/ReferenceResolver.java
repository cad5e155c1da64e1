package io.trueup.replica;

import io.trueup.replica.entry.Repair;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.table.Datastore;
import io.trueup.replica.table.DatastoreException;
import io.trueup.replica.table.JdbcSettings;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches values for repairs that carry a reference instead of a value, from the tables of other replicas. If a value cannot be fetched,
 * the repair keeps its reference and is declined; a later repair tries again. Not thread-safe.
 */
final class ReferenceResolver implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReferenceResolver.class);

    private final Map<String, JdbcSettings> peers;
    private final Map<String, Datastore> open = new HashMap<>();
    private final Counters counters;

    /** @param peers the tables of other replicas, by name of the replica */
    ReferenceResolver(Map<String, JdbcSettings> peers, Counters counters) {
        this.peers = peers;
        this.counters = counters;
    }

    /**
     * Returns the repair with its value, if it has a reference and the replica to which it refers still holds the winning entry. Otherwise
     * returns the repair as it is.
     */
    Repair resolve(Repair repair) {
        if (repair.source() == null) {
            return repair;
        }
        Optional<StoredEntry> winner = fetch(repair).filter(entry -> isWinner(entry, repair));
        if (winner.isEmpty()) {
            counters.unresolved.increment();
            return repair;
        }
        return repair.withValue(winner.get().value());
    }

    private Optional<StoredEntry> fetch(Repair repair) {
        JdbcSettings peer = peers.get(repair.source());
        if (peer == null) {
            LOG.warn(
                    "Repair {} refers to replica {}, which is not configured: set peer.{}.jdbc.url",
                    repair.id(),
                    repair.source(),
                    repair.source());
            return Optional.empty();
        }
        try {
            return open.computeIfAbsent(repair.source(), name -> Datastore.open(peer))
                    .find(repair.key());
        } catch (DatastoreException e) {
            LOG.warn("Repair {} refers to replica {}, whose database cannot be read", repair.id(), repair.source(), e);
            close(open.remove(repair.source()));
            return Optional.empty();
        }
    }

    private static boolean isWinner(StoredEntry entry, Repair repair) {
        long version = repair.winner().version();
        boolean winner = !entry.deleted()
                && entry.version() == version
                && Objects.equals(entry.vector(), repair.winner().vector());
        if (!winner) {
            LOG.warn(
                    "Repair {} refers to version {} of replica {}, which now holds {} {}",
                    repair.id(),
                    version,
                    repair.source(),
                    entry.deleted() ? "the tombstone" : "version",
                    entry.version());
        }
        return winner;
    }

    @Override
    public void close() {
        open.values().forEach(ReferenceResolver::close);
        open.clear();
    }

    private static void close(Datastore datastore) {
        if (datastore == null) {
            return;
        }
        try {
            datastore.close();
        } catch (DatastoreException e) {
            LOG.debug("Closing a connection that failed before", e);
        }
    }
}
