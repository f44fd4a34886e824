namespace Engine.Registry;

/// <summary>What is left of a version that has served: data alone, so that an unloaded model's memory is free.</summary>
/// <param name="Options">What it was loaded with.</param>
/// <param name="Stamp">Its files, as they were then.</param>
/// <param name="Card">Its card.</param>
internal sealed record ProvenModel(ModelOptions Options, FileStamp Stamp, ModelCard Card);
