namespace Engine.Host.Commands.Diagnosis;

/// <summary>What <c>doctor</c> found; as <c>doctor --json</c> prints it.</summary>
/// <param name="Healthy">Whether nothing necessary is missing.</param>
/// <param name="Version">The engine's version, with the commit it was built from.</param>
/// <param name="Runtime">Such as <c>.NET 10.0.0</c>.</param>
/// <param name="Platform">The runtime identifier that native libraries are chosen by.</param>
/// <param name="Machine">What it runs on.</param>
/// <param name="Checks">In order of dependency.</param>
/// <param name="Devices">All devices that llama.cpp's plugins report.</param>
internal sealed record DoctorReport(
    bool Healthy, string Version, string Runtime, string Platform, Machine Machine, IReadOnlyList<DoctorCheck> Checks, IReadOnlyList<FoundDevice> Devices);

/// <summary>One thing looked at.</summary>
/// <param name="Name">A backend, a kind of device, or whatever else was checked.</param>
/// <param name="State">Whether it is there.</param>
/// <param name="Text">What was found; if something is missing, the command that installs it.</param>
internal sealed record DoctorCheck(string Name, CheckState State, string Text);

/// <summary>Whether something is there.</summary>
internal enum CheckState
{
    /// <summary>It is there and works.</summary>
    Ok,

    /// <summary>It is missing, and the engine runs without it.</summary>
    Absent,

    /// <summary>It is missing or does not work, and it should.</summary>
    Missing,
}

/// <summary>A device other than the CPU.</summary>
/// <param name="Kind">As <c>--device</c> names it.</param>
/// <param name="Name">ggml's, such as <c>CUDA0</c>.</param>
/// <param name="Description">Such as <c>NVIDIA H200</c>.</param>
/// <param name="FreeBytes">Memory of its own that is free.</param>
/// <param name="TotalBytes">Memory of its own.</param>
/// <param name="Software">Whether its driver computes on the CPU.</param>
internal sealed record FoundDevice(string Kind, string Name, string Description, long FreeBytes, long TotalBytes, bool Software);
