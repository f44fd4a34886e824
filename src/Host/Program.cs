Console.WriteLine(typeof(Engine.IModel).Assembly.Location);
