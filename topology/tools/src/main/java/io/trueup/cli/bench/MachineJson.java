package io.trueup.cli.bench;

import io.trueup.bench.Machine;
import java.util.LinkedHashMap;
import java.util.Map;

/** The machine of a benchmark, as JSON has it. */
final class MachineJson {

    private MachineJson() {}

    static Map<String, Object> of(Machine machine) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("cores", machine.cores());
        object.put("java", machine.java());
        object.put("maxHeapBytes", machine.maxHeapBytes());
        object.put("loadAverageBefore", machine.loadAverage());
        return object;
    }
}
