package io.trueup.history;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map in order of insertion that drops its oldest entry once it has more than a number of them. Not thread-safe. */
final class BoundedMap<K, V> extends LinkedHashMap<K, V> {

    private static final long serialVersionUID = 1;

    private final int max;

    /** @param max how many entries it keeps */
    BoundedMap(int max) {
        this.max = max;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > max;
    }
}
