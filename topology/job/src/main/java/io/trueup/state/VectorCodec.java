package io.trueup.state;

import io.trueup.tree.VersionVector;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** The stored form of a version vector: the number of writers, then the length of each name, the name and the counter. */
final class VectorCodec {

    private VectorCodec() {}

    /** Returns the maximum number of bytes that a vector takes; 0 for none. */
    static int maxBytes(VersionVector vector) {
        if (vector == null) {
            return 0;
        }
        int bytes = VarLong.MAX_BYTES;
        for (String writer : vector.counters().keySet()) {
            bytes += 2 * VarLong.MAX_BYTES + writer.getBytes(StandardCharsets.UTF_8).length;
        }
        return bytes;
    }

    static void write(ByteBuffer out, VersionVector vector) {
        VarLong.write(out, vector.counters().size());
        vector.counters().forEach((writer, counter) -> {
            byte[] name = writer.getBytes(StandardCharsets.UTF_8);
            VarLong.write(out, name.length);
            out.put(name);
            VarLong.write(out, counter);
        });
    }

    static VersionVector read(ByteBuffer in) {
        Map<String, Long> counters = new HashMap<>();
        for (long left = VarLong.read(in); left > 0; left--) {
            byte[] name = new byte[(int) VarLong.read(in)];
            in.get(name);
            counters.put(new String(name, StandardCharsets.UTF_8), VarLong.read(in));
        }
        return VersionVector.of(counters);
    }
}
