package io.trueup.bounded;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map that forgets its eldest entry where it would grow beyond a bound. Not thread-safe. */
public final class BoundedMap<K, V> extends LinkedHashMap<K, V> {

    private static final long serialVersionUID = 1L;

    private final int maxSize;

    private BoundedMap(int maxSize, boolean accessOrder) {
        super(16, 0.75f, accessOrder);
        this.maxSize = maxSize;
    }

    /** Forgets the entry that was put first. */
    public static <K, V> BoundedMap<K, V> oldestFirst(int maxSize) {
        return new BoundedMap<>(maxSize, false);
    }

    /** Forgets the entry that was least recently put or read. */
    public static <K, V> BoundedMap<K, V> leastRecentlyUsedFirst(int maxSize) {
        return new BoundedMap<>(maxSize, true);
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > maxSize;
    }
}
