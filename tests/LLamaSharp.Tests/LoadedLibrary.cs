namespace Engine.LLamaSharp.Tests;

/// <summary>Tests that touch what a process has one of: the loaded library and where its log goes. One after another.</summary>
[CollectionDefinition(Name)]
public sealed class LoadedLibrary
{
    public const string Name = "the one llama.cpp of the process";
}
