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
 * Fetches values that a repair only refers to, from the tables of other replicas. Whatever goes wrong, the repair stays
 * without value, is declined, and comes again. Not thread-safe.
 */
final class ReferenceResolver implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ReferenceResolver.class);

    private final Map<String, JdbcSettings> locations;
    private final Map<String, Datastore> open = new HashMap<>();
    private final Counters counters;

    /** @param locations the tables, by name of the replica */
    ReferenceResolver(Map<String, JdbcSettings> locations, Counters counters) {
        this.locations = locations;
        this.counters = counters;
    }

    /** Returns the repair with its value, if it carries or needs one or if the peer still holds the winning entry. */
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
        JdbcSettings location = locations.get(repair.source());
        if (location == null) {
            LOG.warn(
                    "Repair {} refers to replica {}, which is not configured: set peer.{}.jdbc.url",
                    repair.id(),
                    repair.source(),
                    repair.source());
            return Optional.empty();
        }
        try {
            return open.computeIfAbsent(repair.source(), name -> Datastore.open(location))
                    .find(repair.key());
        } catch (DatastoreException e) {
            LOG.warn("Repair {} refers to replica {}, which does not answer", repair.id(), repair.source(), e);
            close(open.remove(repair.source()));
            return Optional.empty();
        }
    }

    private static boolean isWinner(StoredEntry entry, Repair repair) {
        boolean winner = !entry.deleted()
                && entry.version() == repair.version()
                && Objects.equals(entry.vector(), repair.vector());
        if (!winner) {
            LOG.warn(
                    "Repair {} refers to version {} of replica {}, which now holds {} {}",
                    repair.id(),
                    repair.version(),
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
