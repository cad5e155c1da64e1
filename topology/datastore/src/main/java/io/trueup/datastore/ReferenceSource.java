package io.trueup.datastore;

/**
 * Fetches entries of other replicas, for repairs that refer to a value because it is too large for a repair, or is no longer in the
 * writes topic. Called by the thread of {@link RepairConsumer#run}.
 */
@FunctionalInterface
public interface ReferenceSource {

    /**
     * Fetches what another replica holds. The entry is used only if it has the version of the repair.
     *
     * @param replica the replica to ask
     * @return its entry with the value, or null if it cannot be fetched
     * @throws Exception if it cannot be fetched; the repair is then declined, and a later one tries again
     */
    Entry fetch(String replica, Key key) throws Exception;
}
